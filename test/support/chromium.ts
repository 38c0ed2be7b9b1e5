import { readFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import chromium from '@sparticuz/chromium'
import type { Result } from 'axe-core'
import { type Browser, type BrowserContext, chromium as playwright, type Page, type Request } from 'playwright-core'
import { afterAll, beforeAll, expect, inject } from 'vitest'
import type { HttpBrowser } from './http-browser.js'

/** With the first, a crashed tab ends the browser. With the second, tests of the origin prove nothing. */
const HARMFUL = ['--single-process', '--disable-web-security']

/** With the first five, a simulated graphics card takes a third of the browser's time. With the last, each tab starts from nothing. */
const SLOW = [
  '--use-gl=angle',
  '--use-angle=swiftshader',
  '--enable-unsafe-swiftshader',
  '--ignore-gpu-blocklist',
  '--in-process-gpu',
  '--no-zygote',
]

const NO_GRAPHICS_CARD = ['--disable-gpu', '--disable-software-rasterizer']

/**
 * Starts the Chromium of the development dependencies.
 *
 * @param executable path of the unpacked program, by default the one from test/global-setup.ts
 */
export async function launchBrowser(executable?: string): Promise<Browser> {
  const kept = chromium.args.filter((argument) => !HARMFUL.includes(argument) && !SLOW.includes(argument))
  return playwright.launch({
    executablePath: executable ?? inject('chromium'),
    args: [...kept, ...NO_GRAPHICS_CARD],
    headless: true,
  })
}

/** A Chromium that runs during the tests of a file or of a `describe`. */
export function useChromium(): () => Browser {
  let browser: Browser
  beforeAll(async () => void (browser = await launchBrowser()))
  afterAll(() => browser?.close())
  return () => browser
}

export interface ObservedPage {
  page: Page
  context: BrowserContext
  /** Errors, failed requests and violations of the Content Security Policy. */
  complaints: string[]
}

export interface PageOptions {
  width?: number
  dark?: boolean
  /** False disables JavaScript. */
  scripts?: boolean
  /** A signed-in browser whose cookies the page uses. */
  signedIn?: { browser: HttpBrowser; baseUrl: string }
}

const reportPolicy = `document.addEventListener('securitypolicyviolation', (event) => {
  console.error('policy: ' + event.violatedDirective + ' ' + event.blockedURI)
})`

/** The requests of each page that have no response yet. */
const pendingRequests = new WeakMap<Page, Set<Request>>()

/** Opens a page in a new context, 1280 pixels wide by default, and collects every error on it. */
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
  // Milliseconds until a missing element is reported, well before the test times out.
  page.setDefaultTimeout(60_000)
  const requests = new Set<Request>()
  page.on('request', (request) => void requests.add(request))
  page.on('requestfinished', (request) => void requests.delete(request))
  page.on('requestfailed', (request) => void requests.delete(request))
  pendingRequests.set(page, requests)
  const complaints: string[] = []
  page.on('console', (message) => void (message.type() === 'error' && complaints.push(message.text())))
  page.on('pageerror', (error) => void complaints.push(String(error)))
  await page.addInitScript({ content: reportPolicy })
  return { page, context, complaints }
}

const twoFrames = 'new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done)))'

/** Waits until the page has a heading and has requested nothing for several frames. */
export async function settled(page: Page): Promise<void> {
  await page.waitForLoadState()
  await page.locator('h1, h2').first().waitFor()
  for (let quiet = 0; quiet < 3;) {
    await page.evaluate(twoFrames)
    quiet = pendingRequests.get(page)?.size ? 0 : quiet + 1
  }
}

const axe = readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8')

/**
 * Returns the violations that axe-core finds, each with its markup.
 *
 * @param part selector of the part of the page to check, by default all of it
 */
export async function accessibilityViolations(page: Page, part = 'html'): Promise<string[]> {
  await page.waitForLoadState()
  if (page.frames().length > 1) throw new Error('Frames within a page are not checked for accessibility problems.')
  if (!(await page.evaluate<boolean>(`'axe' in window`))) await page.evaluate(axe)
  const run = `axe.run(${JSON.stringify(part)}, { resultTypes: ['violations'] }).then(({ violations }) => violations)`
  const violations = await page.evaluate<Result[]>(run)
  return violations.flatMap(({ id, nodes }) => nodes.map(({ html }) => `${id}: ${html.slice(0, 160)}`))
}

/** Expects nothing to extend past the right edge of the page. */
export async function expectNoSidewaysScroll(page: Page): Promise<void> {
  // After a click, the next page is empty for a moment.
  await page.waitForLoadState()
  const excess = await page.evaluate<number>('document.documentElement.scrollWidth - window.innerWidth')
  expect(excess).toBeLessThanOrEqual(0)
}
