import { nothing } from './not-there.js'

/** A component that the bundler cannot read. */
export default () => nothing
