import { createServer } from 'node:http'
import express from 'express'
import { AdminJS, type AdminJSOptions, buildRouter } from '../../../src/admin/adminjs.js'
import { type HttpBrowser, createHttpBrowser } from '../../support/http-browser.js'
import './register-adapter.js'

/** Mounts the same options with the router of `@adminjs/express`, without sign-in, to compare the panel with it. */
export interface PlainAdmin {
  browser: HttpBrowser
  close(): Promise<void>
}

export async function startPlainAdmin(options: AdminJSOptions): Promise<PlainAdmin> {
  const admin = new AdminJS(options)
  // Without this, it would bundle the components, which the calls do not need.
  admin.initialize = async () => {}
  const app = express()
  app.use('/admin', buildRouter(admin))
  const server = createServer(app)
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const address = server.address()
  return {
    browser: createHttpBrowser(`http://127.0.0.1:${typeof address === 'object' ? address?.port : 0}`),
    async close() {
      server.closeAllConnections()
      await new Promise((resolve) => server.close(resolve))
    },
  }
}
