import { z } from 'zod'
import { openPayload } from '../../src/notify/seal-payload.js'
import type { TaskName } from '../../src/notify/tasks/payloads.js'
import { addEmailDevice } from '../../src/kinds/email/add-device.js'
import { addPhoneDevice, type PhoneMethod } from '../../src/kinds/phone/add-device.js'
import { hashCode } from '../../src/otp/challenges/challenge-code.js'
import type { Device } from '../../src/otp/device.js'
import { generateChallenge } from '../../src/otp/challenges/generate-challenge.js'
import type { Otp } from '../../src/otp/otp.js'

const NUMBER = '+41524204242'

/** Adds a confirmed phone. */
export function addPhone(otp: Otp, userId: number, phone: { number?: string; method?: PhoneMethod } = {}) {
  return addPhoneDevice(otp, undefined, {
    userId,
    name: 'Phone',
    confirmed: true,
    number: NUMBER,
    method: 'sms',
    ...phone,
  })
}

/** Adds a confirmed email device. Without an address, codes go to the owner's. */
export function addEmail(otp: Otp, userId: number, address: string | null = null) {
  return addEmailDevice(otp, undefined, { userId, name: 'Email', confirmed: true, address })
}

const jobContent = z.looseObject({ code: z.string(), delivery: z.object({ table: z.string(), id: z.number() }) })

const TASKS: Readonly<Partial<Record<string, TaskName>>> = { phone: 'send-phone-code', email: 'send-mail-code' }

/** Returns the contents of the queued jobs of a device, the newest last. */
export async function queuedCodes(otp: Otp, device: Pick<Device, 'kind' | 'id'>) {
  const task = TASKS[device.kind] ?? 'send-kind-code'
  const { rows } = await otp.database.pool.query<{ payload: unknown }>(
    `select j.payload from graphile_worker._private_jobs j join graphile_worker._private_tasks t on t.id = j.task_id
    where t.identifier = $1 order by j.id`,
    [task],
  )
  const table = `${device.kind}_devices`
  return rows
    .map(({ payload }) => jobContent.parse(openPayload(otp.keys, task, payload).content))
    .filter(({ delivery }) => delivery.table === table && delivery.id === device.id)
}

/** Requests a code, and reads it from the job that would send it. */
export async function requestCode(otp: Otp, device: Device): Promise<{ token: string; challenge: string }> {
  const { rows } = await otp.database.pool.query<{ confirmed: boolean }>(
    `select confirmed from ${device.kind}_devices where id = $1`,
    [device.id],
  )
  const request = { userId: device.userId, deviceId: device.persistentId, language: 'en' }
  const generated = await generateChallenge(otp, { ...request, confirmed: rows[0]?.confirmed ?? true })
  if (!generated.ok) return storeCode(otp, device, '314159')
  const sent = (await queuedCodes(otp, device)).at(-1)
  return { token: sent?.code ?? '', challenge: generated.challenge }
}

/** Stores a code as if it had just been sent. */
export async function storeCode(otp: Otp, device: Device, token: string, challenge = 'stored') {
  await otp.database.pool.query(
    `update ${device.kind}_devices set code_hash = $2, code_expires_at = $3, code_attempts = 0 where id = $1`,
    [device.id, hashCode(otp.keys, challenge, token), new Date(otp.clock.now().getTime() + 300_000)],
  )
  return { token, challenge }
}
