// AdminJS's modules were compiled to generators of an older kind.
import 'regenerator-runtime/runtime.js'
