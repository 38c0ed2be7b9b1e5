import { type Config, readConfig } from '../config/read-config.js'
import { ConfigurationRefused } from './refusals.js'

/** Reads the configuration from the environment. @throws ConfigurationRefused */
export function readEnvironment(): Config {
  const result = readConfig(process.env)
  if (!result.ok) throw new ConfigurationRefused(result.faults)
  return result.config
}
