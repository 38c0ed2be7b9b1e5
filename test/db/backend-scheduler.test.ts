import { expect, test } from 'vitest'
import { type Batch, type Client, createScheduler } from '../../src/db/embedded/backend-scheduler.js'

/** A backend that records its batches. `begin` and `commit` open and end its transaction. */
function diary() {
  const done: string[] = []
  let open = false
  const backend = {
    execute: async (bytes: Uint8Array) => {
      const text = Buffer.from(bytes).toString()
      done.push(text)
      if (text.endsWith('begin')) open = true
      if (text.endsWith('commit')) open = false
    },
    inTransaction: () => open,
  }
  return { done, backend }
}

const batch = (text: string, complete = true): Batch => ({ bytes: Buffer.from(text), complete })

function client(evict: () => void = () => {}): Client {
  return { batches: [], write: () => {}, evict }
}

test('serves clients in the order of their requests, one batch each in turn', async () => {
  const { done, backend } = diary()
  const turns = createScheduler(backend)
  const [a, b, c] = [client(), client(), client()]
  for (const round of [1, 2])
    for (const [name, who] of Object.entries({ a, b, c })) turns.enqueue(who, batch(`${name}${round}`))
  turns.enqueue(a, batch('a3'))
  await turns.idle()
  expect(done).toEqual(['a1', 'b1', 'c1', 'a2', 'b2', 'c2', 'a3'])
})

test('lets nothing of another client reach the backend inside a transaction', async () => {
  const { done, backend } = diary()
  const turns = createScheduler(backend)
  const [a, b] = [client(), client()]
  turns.enqueue(a, batch('a begin'))
  turns.enqueue(b, batch('b begin'))
  await turns.idle()
  turns.enqueue(a, batch('a update'))
  await turns.idle()
  turns.enqueue(b, batch('b commit'))
  turns.enqueue(a, batch('a commit'))
  await turns.idle()
  expect(done).toEqual(['a begin', 'a update', 'a commit', 'b begin', 'b commit'])
})

test('reserves the backend after a batch that ended with Flush until its Sync', async () => {
  const { done, backend } = diary()
  const turns = createScheduler(backend)
  const [a, b] = [client(), client()]
  turns.enqueue(a, batch('a parse, flush', false))
  turns.enqueue(b, batch('b'))
  await turns.idle()
  turns.enqueue(a, batch('a execute, sync'))
  await turns.idle()
  expect(done).toEqual(['a parse, flush', 'a execute, sync', 'b'])
})

test('cleans up after a client that leaves inside its transaction, and continues the queue', async () => {
  const { done, backend } = diary()
  const turns = createScheduler(backend)
  const [a, b] = [client(), client()]
  turns.enqueue(a, batch('a begin'))
  turns.enqueue(b, batch('b'))
  await turns.idle()
  turns.leave(a, batch('cleanup, commit'))
  await turns.idle()
  expect(done).toEqual(['a begin', 'cleanup, commit', 'b'])
})

test('drops the pending requests of a client that left', async () => {
  const { done, backend } = diary()
  const turns = createScheduler(backend)
  const [a, b] = [client(), client()]
  turns.enqueue(a, batch('a begin'))
  turns.enqueue(b, batch('b'))
  turns.leave(b, batch('cleanup of b'))
  turns.enqueue(a, batch('a commit'))
  await turns.idle()
  expect(done).toEqual(['a begin', 'a commit', 'cleanup of b'])
})

test('evicts a client that idles in a transaction while others wait, and only then', async () => {
  const { done, backend } = diary()
  const turns = createScheduler(backend, 5)
  const b = client()
  await new Promise<void>((evicted) => {
    const a = client(() => {
      turns.leave(a, batch('cleanup, commit'))
      evicted()
    })
    turns.enqueue(a, batch('a begin'))
    turns.enqueue(b, batch('b'))
  })
  await turns.idle()
  expect(done).toEqual(['a begin', 'cleanup, commit', 'b'])
})
