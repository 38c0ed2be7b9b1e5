import type { Page } from 'playwright-core'
import { accessibilityViolations } from './chromium.js'

/** How a page is shown: `width` in pixels, and the colour scheme. */
export interface Look {
  width: number
  dark: boolean
}

/** All looks in which pages are checked. The first is that of a new page. */
export const looks: readonly Look[] = [
  { width: 1280, dark: false },
  { width: 1280, dark: true },
  { width: 390, dark: false },
  { width: 390, dark: true },
]

/** A light look of a large screen, and a dark one of a phone. */
export const oppositeLooks = looks.filter(({ width, dark }) => (width === 390) === dark)

export interface Checked {
  /** By default all of them. */
  looks?: readonly Look[]
  /** Path of the picture of each look, without `-<width>-<light or dark>.png`. By default none is taken. */
  picture?: string
  fullPage?: boolean
  /** Further faults of the page, asked for in each look. */
  more?: (page: Page) => Promise<string[]>
}

/**
 * Returns what is wrong with a page in any look: what axe-core finds, and content past the right edge.
 *
 * The page is loaded once. Its styles alone make the looks, so that each is the same as after a load.
 */
export async function faultsOf(page: Page, checked: Checked = {}): Promise<string[]> {
  const faults: string[] = []
  await inEachLook(page, checked.looks ?? looks, async (look) => {
    const { picture, fullPage = false, more } = checked
    if (picture) await page.screenshot({ path: `${picture}-${nameOf(look)}.png`, fullPage })
    const found = [...(await accessibilityViolations(page)), ...(await sidewaysScroll(page))]
    if (more) found.push(...(await more(page)))
    faults.push(...found.map((fault) => `${nameOf(look)}: ${fault}`))
  })
  return faults
}

/** Shows a page in each look and checks it. Afterwards it has the first look again. */
async function inEachLook(page: Page, each: readonly Look[], check: (look: Look) => Promise<void>): Promise<void> {
  for (const look of each) {
    await show(page, look)
    await check(look)
  }
  for (const first of each.slice(0, 1)) await show(page, first)
}

/** Switches to a look. Transitions have ended when it returns. */
async function show(page: Page, { width, dark }: Look): Promise<void> {
  // After a click, the next page is empty for a moment.
  await page.waitForLoadState()
  await page.setViewportSize({ width, height: 860 })
  await page.emulateMedia({ colorScheme: dark ? 'dark' : 'light' })
  await page.evaluate(`(async () => {
    const nextFrame = () => new Promise((done) => requestAnimationFrame(done))
    await nextFrame()
    await nextFrame()
    // Those in closed details would never finish by themselves.
    const transitions = document.getAnimations().filter(({ effect }) => effect.getComputedTiming().endTime < Infinity)
    for (const transition of transitions) transition.finish()
    await nextFrame()
  })()`)
}

async function sidewaysScroll(page: Page): Promise<string[]> {
  const excess = await page.evaluate<number>('document.documentElement.scrollWidth - window.innerWidth')
  return excess > 0 ? [`${excess} px past the right edge`] : []
}

const nameOf = ({ width, dark }: Look) => `${width}-${dark ? 'dark' : 'light'}`
