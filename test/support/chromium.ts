import { AxeBuilder } from '@axe-core/playwright'
import chromium from '@sparticuz/chromium'
import { type Browser, type BrowserContext, chromium as playwright, type Page, type Request } from 'playwright-core'
import { expect, inject } from 'vitest'
import type { HttpBrowser } from './http-browser.js'

/** These two make a tab's crash the whole browser's, and tests of the origin lie. */
const HARMFUL = new Set(['--single-process', '--disable-web-security'])

/**
 * The Chromium that comes with the development dependencies.
 *
 * @param executable where it was unpacked; the tests have it from test/global-setup.ts
 */
export async function launchBrowser(executable?: string): Promise<Browser> {
  const args = chromium.args.filter((argument) => !HARMFUL.has(argument))
  return playwright.launch({ executablePath: executable ?? inject('chromium'), args, headless: true })
}

export interface ObservedPage {
  page: Page
  context: BrowserContext
  /** What the page complained about so far: errors, refused requests, breaches of its policy. */
  complaints: string[]
}

export interface PageOptions {
  width?: number
  dark?: boolean
  /** False: JavaScript is switched off. */
  scripts?: boolean
  /** Somebody who has signed in already; the page takes over the cookies. */
  signedIn?: { browser: HttpBrowser; baseUrl: string }
}

const reportPolicy = `document.addEventListener('securitypolicyviolation', (event) => {
  console.error('policy: ' + event.violatedDirective + ' ' + event.blockedURI)
})`

/** The requests of each page that have no answer yet. */
const underWay = new WeakMap<Page, Set<Request>>()

/** A page of its own, 1280 wide where nothing else is said, that writes down everything that goes wrong on it. */
export async function openPage(browser: Browser, options: PageOptions = {}): Promise<ObservedPage> {
  const { width = 1280, dark = false, scripts = true, signedIn } = options
  const context = await browser.newContext({
    viewport: { width, height: 860 },
    colorScheme: dark ? 'dark' : 'light',
    javaScriptEnabled: scripts,
  })
  if (signedIn) {
    const cookies = [...signedIn.browser.cookies].map(([name, value]) => ({ name, value, url: signedIn.baseUrl }))
    await context.addCookies(cookies)
  }
  const page = await context.newPage()
  // Milliseconds until a missing element is named, well before the test's own end.
  page.setDefaultTimeout(60_000)
  const requests = new Set<Request>()
  page.on('request', (request) => void requests.add(request))
  page.on('requestfinished', (request) => void requests.delete(request))
  page.on('requestfailed', (request) => void requests.delete(request))
  underWay.set(page, requests)
  const complaints: string[] = []
  page.on('console', (message) => void (message.type() === 'error' && complaints.push(message.text())))
  page.on('pageerror', (error) => void complaints.push(String(error)))
  await page.addInitScript({ content: reportPolicy })
  return { page, context, complaints }
}

const twoFrames = 'new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done)))'

/** Until the page has drawn what it loads: it has a heading, and asks for nothing more in several frames. */
export async function settled(page: Page): Promise<void> {
  await page.waitForLoadState()
  await page.locator('h1, h2').first().waitFor()
  for (let quiet = 0; quiet < 3;) {
    await page.evaluate(twoFrames)
    quiet = underWay.get(page)?.size ? 0 : quiet + 1
  }
}

/** What axe-core finds on the page, each fault with the markup that it is about. */
export async function accessibilityViolations(page: Page): Promise<string[]> {
  await page.waitForLoadState()
  const { violations } = await new AxeBuilder({ page }).analyze()
  return violations.flatMap(({ id, nodes }) => nodes.map(({ html }) => `${id}: ${html.slice(0, 160)}`))
}

/** Nothing reaches over the page's right edge. */
export async function expectNoSidewaysScroll(page: Page): Promise<void> {
  // A page that a click has just led to is empty for a moment.
  await page.waitForLoadState()
  const over = await page.evaluate<number>('document.documentElement.scrollWidth - window.innerWidth')
  expect(over).toBeLessThanOrEqual(0)
}
