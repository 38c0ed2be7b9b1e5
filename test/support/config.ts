import { type Config, readConfig } from '../../src/config/read-config.js'

/** Reads a configuration from these variables only. */
export function testConfig(environment: Record<string, string>): Config {
  const result = readConfig({ NODE_ENV: 'test', ...environment })
  if (!result.ok) throw new Error(result.issues.map((error) => `${error.variable} ${error.message}`).join('\n'))
  return result.config
}
