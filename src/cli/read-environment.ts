import { type Config, readConfig } from '../config/read-config.js'
import { ConfigurationError } from './exit-codes.js'

/** Reads the configuration from the environment. @throws ConfigurationError */
export function readEnvironment(): Config {
  const result = readConfig(process.env)
  if (!result.ok) throw new ConfigurationError(result.issues)
  return result.config
}
