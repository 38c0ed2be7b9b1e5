export { fixedClock as testClock, type FixedClock as TestClock } from '../../src/clock.js'
