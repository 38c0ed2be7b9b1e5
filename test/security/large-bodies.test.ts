import { connect } from 'node:net'
import { setTimeout } from 'node:timers/promises'
import { brotliCompressSync, constants, deflateSync, gzipSync } from 'node:zlib'
import express from 'express'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { listen } from '../../src/listen.js'
import type { HttpBrowser } from '../support/http-browser.js'
import { createTestUser, type TestSite } from '../support/site.js'
import { openSite } from './open-site.js'
import { signInRequester } from './requesters.js'

const FORM = 'application/x-www-form-urlencoded'
const PAGE_LIMIT = 16 * 1024
const PANEL_LIMIT = 1024 * 1024

let site: TestSite
let superuser: HttpBrowser
let call: string
beforeAll(async () => {
  site = await openSite()
  superuser = (await signInRequester(site, 'verified superuser')).browser
  call = `/admin/api/resources/users/records/${(await createTestUser(site)).id}/edit`
})
afterAll(() => site.close())

interface Unfinished {
  path: string
  headers: string[]
  /** The part of the body that is sent; the client then waits. */
  sent?: string
}

/** Sends a request that never ends, and collects the response until the server ends the connection, or its first part. */
function begin({ path, headers, sent = '' }: Unfinished, baseUrl = site.baseUrl, isFirstPart = false) {
  const cookie = [...superuser.cookies].map(([name, value]) => `${name}=${value}`).join('; ')
  const lines = [`POST ${path} HTTP/1.1`, 'Host: localhost', `Cookie: ${cookie}`, ...headers, '', sent]
  return new Promise<string>((resolve) => {
    const parts: Buffer[] = []
    const socket = connect({ host: '127.0.0.1', port: Number(new URL(baseUrl).port) }, () =>
      socket.write(lines.join('\r\n'), 'latin1'),
    )
    socket.on('data', (part) => parts.push(part)).on('error', () => {})
    if (isFirstPart) socket.once('data', () => socket.destroy())
    socket.on('end', () => socket.destroy()).on('close', () => resolve(Buffer.concat(parts).toString()))
  })
}

const inChunk = (content: string) => `${content.length.toString(16)}\r\n${content}\r\n`
const chunked = (bytes: number) => inChunk('x'.repeat(bytes))
/** Gzip without compression. */
const stored = (bytes: number) => gzipSync('x'.repeat(bytes), { level: 0 }).toString('latin1')
/** In several blocks, so that a decoder has output before it has read the last byte. */
const brotli = (content: string) =>
  brotliCompressSync(content, { params: { [constants.BROTLI_PARAM_QUALITY]: 1, [constants.BROTLI_PARAM_LGWIN]: 16 } })
/** A body that decompresses to more, without its last byte. */
const unfinished = (compress: (content: string) => Buffer, bytes: number) =>
  compress('x'.repeat(bytes)).subarray(0, -1).toString('latin1')
const encoded = (encoding: string) => ['Transfer-Encoding: chunked', `Content-Encoding: ${encoding}`]
const kinds = (limit: number) => [
  { name: 'one byte more than the limit', headers: [`Content-Length: ${limit + 1}`] },
  { name: '100 GB', headers: ['Content-Length: 100000000000'] },
  { name: '100 GB and sends some of it', headers: ['Content-Length: 100000000000'], sent: 'x'.repeat(1000) },
  { name: '10 MB and waits for 100 Continue', headers: ['Content-Length: 10000000', 'Expect: 100-continue'] },
  {
    name: 'nothing and sends more in one chunk',
    headers: ['Transfer-Encoding: chunked'],
    sent: chunked(limit + 1),
  },
  {
    name: 'nothing and sends more in many chunks',
    headers: ['Transfer-Encoding: chunked'],
    sent: chunked(1024).repeat(limit / 1024 + 1),
  },
  {
    name: 'nothing and sends more in gzip',
    headers: ['Transfer-Encoding: chunked', 'Content-Encoding: gzip'],
    sent: inChunk(stored(limit)),
  },
  { name: 'nothing and sends a gzip bomb', headers: encoded('gzip'), sent: inChunk(unfinished(gzipSync, 4 * limit)) },
  {
    name: 'nothing and sends a deflate bomb',
    headers: encoded('deflate'),
    sent: inChunk(unfinished(deflateSync, 4 * limit)),
  },
  {
    name: 'nothing and sends a Brotli bomb',
    headers: encoded('br'),
    sent: inChunk(unfinished(brotli, 64 * limit)),
  },
  {
    name: 'a small body that is a gzip bomb',
    headers: ['Content-Length: 15000', 'Content-Encoding: gzip'],
    sent: unfinished(gzipSync, 4 * limit),
  },
]
const rows = [
  ...['/account/login', '/account/logout', '/account/password/forgot'].flatMap((path) =>
    kinds(PAGE_LIMIT).map((row) => ({ ...row, path: () => path, where: path, type: FORM })),
  ),
  ...[FORM, 'application/json', 'multipart/form-data; boundary=x'].flatMap((type) =>
    kinds(PANEL_LIMIT).map((row) => ({ ...row, path: () => call, where: `the panel (${type})`, type })),
  ),
]

// A request times out after 30 seconds, so a response in five did not wait for the body.
describe('a body that is too large', { timeout: 5_000 }, () => {
  it.each(rows)(
    'gets 413 at once and a closed connection: $where, a client that announces $name',
    async ({ path, headers, sent, type }) => {
      const answer = await begin({
        path: path(),
        headers: [...headers, `Content-Type: ${type}`],
        ...(sent !== undefined && { sent }),
      })
      expect(answer).toMatch(/^HTTP\/1\.1 413 /m)
      expect(answer).toMatch(/^Connection: close\r$/im)
      expect(answer).toContain('too_large')
    },
  )

  it.each(['/account/login', 'the panel'])('gets 400 at once if it cannot be decompressed: %s', async (where) => {
    const broken = gzipSync('x'.repeat(100)).toString('latin1').replace('\x1f\x8b', '\x1f\x8c')
    const headers = [...encoded('gzip'), `Content-Type: ${FORM}`]
    const path = where === 'the panel' ? call : where
    const answer = await begin({ path, headers, sent: inChunk(broken) })
    expect(answer).toMatch(/^HTTP\/1\.1 400 /m)
    expect(answer).toMatch(/^Connection: close\r$/im)
    expect(answer).toContain('bad_request')
  })

  const small = gzipSync('a=b')
  const odd: [what: string, headers: string[], sent: string][] = [
    ['two encodings', encoded('gzip, gzip'), inChunk(gzipSync(small).toString('latin1'))],
    ['two encodings in two lines', [...encoded('gzip'), 'Content-Encoding: br'], inChunk(small.toString('latin1'))],
    ['identity before an encoding', encoded('identity, gzip'), inChunk(small.toString('latin1'))],
    ['an old name of an encoding', encoded('x-gzip'), inChunk(small.toString('latin1'))],
    ['an encoding that nobody knows', encoded('zstd'), inChunk('x')],
    ['a very long encoding', encoded('gzip,'.repeat(1000)), inChunk('x')],
    ['an encoding named like a prototype', encoded('__proto__'), inChunk('x')],
    ['an encoding with a space', encoded('g zip'), inChunk('x')],
    ['plain text that says gzip', encoded('gzip'), inChunk('a=b')],
    ['a file with a compressed bomb', encoded('gzip'), inChunk(unfinished(gzipSync, 4 * PANEL_LIMIT))],
  ]

  it.each(
    odd.flatMap((row) => [
      ['/account/login', FORM, ...row] as const,
      ['/account/login', 'multipart/form-data; boundary=x', ...row] as const,
      ['/account/logout', FORM, ...row] as const,
      ['/account/verify', FORM, ...row] as const,
      ['the panel', 'application/json', ...row] as const,
      ['the panel', 'multipart/form-data; boundary=x', ...row] as const,
    ]),
  )('gets an error at once if it is encoded in an odd way: %s, %s, %s', async (where, type, _what, headers, sent) => {
    const path = where === 'the panel' ? call : where
    const answer = await begin({ path, headers: [...headers, `Content-Type: ${type}`], sent }, site.baseUrl, true)
    expect(answer).toMatch(/^HTTP\/1\.1 (400|413) /m)
  })

  it.each([
    ['shorter', -5],
    ['longer', 5],
  ])('changes nothing if it is compressed and its length is announced as %s', async (_what, difference) => {
    const path = '/account/logout'
    const body = gzipSync('form=one').toString('latin1')
    const headers = [`Content-Length: ${body.length + difference}`, 'Content-Encoding: gzip', `Content-Type: ${FORM}`]
    const ended = begin({ path, headers, sent: body }, site.baseUrl, difference < 0)
    // The request never ends if it is longer; the client gives up.
    const answer = await Promise.race([ended, setTimeout(1_000, '')])
    expect(answer).toMatch(difference < 0 ? /^HTTP\/1\.1 400 /m : /^$/)
    expect((await superuser.get('/account/two-factor')).status).toBe(200)
  })

  it('is read if it is compressed and within the limit', async () => {
    const body = gzipSync('username=nobody%40x.test&password=wrong')
    const headers = { 'Content-Type': FORM, 'Content-Encoding': 'gzip' }
    expect(await site.browser().visit('/account/login', { method: 'POST', body, headers })).toMatchObject({
      status: 422,
      code: 'invalid_login',
    })
  })

  it('is accepted at exactly the limit', async () => {
    const body = `username=nobody%40x.test&password=${'x'.repeat(100)}&more=`.padEnd(PAGE_LIMIT, 'x')
    const answer = await site
      .browser()
      .visit('/account/login', { method: 'POST', body, headers: { 'Content-Type': FORM } })
    expect(answer).toMatchObject({ status: 422, code: 'invalid_login' })
  })

  it('gets its response even if the client sends everything first', async () => {
    const body = 'x'.repeat(20 * 1024 * 1024)
    for (let count = 0; count < 5; count += 1) {
      const answer = await site
        .browser()
        .visit('/account/login', { method: 'POST', body, headers: { 'Content-Type': FORM } })
      expect(answer).toMatchObject({ status: 413, code: 'too_large' })
    }
  })
})

describe('a server of the site', () => {
  it('asks a client for a small body that it has announced, and not for one that no path accepts', async () => {
    const { server, port, serve } = await listen('127.0.0.1', 0)
    serve(express().use((_req, res) => res.status(413).set('Connection', 'close').end()))
    const expecting = (bytes: number) =>
      begin({ path: '/', headers: [`Content-Length: ${bytes}`, 'Expect: 100-continue'] }, `http://127.0.0.1:${port}`)
    try {
      expect(await expecting(100)).toMatch(/^HTTP\/1\.1 100 /)
      expect(await expecting(100_000_000_000)).toMatch(/^HTTP\/1\.1 413 /)
    } finally {
      server.close()
    }
  })
})
