export { stillClock as testClock, type StillClock as TestClock } from '../../src/clock.js'
