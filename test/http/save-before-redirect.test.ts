import express from 'express'
import session, { MemoryStore, type SessionData } from 'express-session'
import { once } from 'node:events'
import { createServer, request, type Server } from 'node:http'
import { afterEach, expect, it } from 'vitest'
import { saveBeforeRedirect } from '../../src/http/sessions/save-before-redirect.js'

/** Saves after many turns of the event loop, enough for the headers to reach a client in this process. */
class SlowStore extends MemoryStore {
  saved = 0
  override set(sid: string, data: SessionData, done?: (error?: unknown) => void): void {
    const save = (turns: number): void => {
      if (turns > 0) return void setImmediate(save, turns - 1)
      this.saved += 1
      super.set(sid, data, done)
    }
    save(2_000)
  }
}

let server: Server
afterEach(() => void server.close())

/** Returns how often the session had been saved when the client received the headers. */
async function savedAtHeaders(path: string): Promise<{ saved: number; location: string | undefined }> {
  const store = new SlowStore()
  const app = express()
  app.use(session({ secret: 'x', store, resave: false, saveUninitialized: false }), saveBeforeRedirect)
  app.get('/change', (req, res) => {
    req.session.signedInAt = 1
    res.redirect(303, '/next')
  })
  app.get('/look', (_req, res) => res.redirect('/next'))
  app.get('/end', (req, res) => req.session.destroy(() => res.redirect(303, '/next')))
  server = createServer(app)
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const listening = server.address()
  const port = typeof listening === 'object' ? listening?.port : undefined
  const sent = request({ host: '127.0.0.1', port, path }).end()
  const [response] = await once(sent, 'response')
  response.resume()
  return { saved: store.saved, location: response.headers.location }
}

it('saves a changed session before a browser can follow the redirect', async () => {
  expect(await savedAtHeaders('/change')).toEqual({ saved: 1, location: '/next' })
})

it.each(['/look', '/end'])('saves nothing if nothing changed: %s', async (path) => {
  expect(await savedAtHeaders(path)).toEqual({ saved: 0, location: '/next' })
})
