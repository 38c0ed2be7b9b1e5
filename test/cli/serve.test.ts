import { createServer } from 'node:http'
import { beforeAll, describe, expect, it } from 'vitest'
import { buildProgram, otpAdmin, startServer } from '../support/command-line.js'
import { temporaryFolder } from '../support/temporary-folder.js'

beforeAll(buildProgram, 300_000)

describe('serve', () => {
  const folder = () => temporaryFolder('migrated')

  it('prints once how to sign in, and exits with 0 on SIGTERM', async () => {
    const environment = { DATA_DIR: folder() }
    const first = await startServer(environment)
    const names = first.startText.map(([name]) => name)
    expect(names).toEqual(expect.arrayContaining(['Address', 'E-mail', 'Password', 'Backup token', 'Mails']))
    expect(await first.stop()).toBe(0)
    const second = await startServer(environment)
    expect(second.startText.map(([name]) => name)).toEqual(['Address', 'Mails'])
    expect(await second.stop()).toBe(0)
  })

  it('rejects a data folder that another server uses, and names its process', async () => {
    const environment = { DATA_DIR: folder(), PORT: '0' }
    const server = await startServer(environment)
    const second = await otpAdmin(['serve'], environment)
    await server.stop()
    expect(second).toMatchObject({ status: 1, stdout: '' })
    expect(second.stderr).toMatch(new RegExp(`^data_dir_in_use: .*process ${server.pid}\\b.*\n$`))
  })

  it('rejects a port that is taken, and names it', async () => {
    const other = createServer()
    await new Promise<void>((resolve) => other.listen(0, '127.0.0.1', resolve))
    const bound = other.address()
    const port = typeof bound === 'object' && bound ? bound.port : 0
    const { status, stdout, stderr } = await otpAdmin(['serve'], { DATA_DIR: folder(), PORT: String(port) })
    other.close()
    expect({ status, stdout }).toEqual({ status: 1, stdout: '' })
    expect(stderr).toMatch(new RegExp(`^port_taken: .*\\b${port}\\b.*\n$`))
  })
})
