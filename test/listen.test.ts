import express from 'express'
import { afterEach, expect, it } from 'vitest'
import { listen, type ListeningServer } from '../src/listen.js'

let listening: ListeningServer
afterEach(() => void listening.server.close())

const ask = () => fetch(`http://127.0.0.1:${listening.port}/`)

it('answers 503 until the site is ready', async () => {
  listening = await listen('127.0.0.1', 0)
  expect((await ask()).status).toBe(503)
  listening.serve(express().get('/', (_req, res) => res.send('here')))
  expect(await (await ask()).text()).toBe('here')
})

it('gives requests and responses the methods of Express before Express sees them', async () => {
  listening = await listen('127.0.0.1', 0)
  const site = express().get('/', (req, res) => res.send(req.get('x-word')))
  listening.serve(site)
  const first: unknown[] = []
  listening.server.prependOnceListener('request', (...made) => first.push(...made.map(Object.getPrototypeOf)))
  const answer = await fetch(`http://127.0.0.1:${listening.port}/`, { headers: { 'X-Word': 'still' } })
  expect(await answer.text()).toBe('still')
  expect(first[0]).toBe(site.request)
  expect(first[1]).toBe(site.response)
})
