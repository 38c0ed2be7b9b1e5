import { afterAll } from 'vitest'
import { removeTemporaryFolders } from './support/temporary-folder.js'

// Runs before each test file, so this hook runs after those of the file.
afterAll(removeTemporaryFolders)
