import { readFileSync } from 'node:fs'
import type { IncomingMessage } from 'node:http'
import path from 'node:path'
import { Ajv, type ValidateFunction } from 'ajv'
import { z } from 'zod'

const fieldSchema = z.looseObject({ type: z.string().optional(), $ref: z.string().optional() })

const operation = z.looseObject({
  security: z.array(z.record(z.string(), z.unknown())),
  parameters: z.array(z.looseObject({ name: z.string(), in: z.string(), schema: z.looseObject({}) })),
  requestBody: z.object({
    content: z.object({
      'application/x-www-form-urlencoded': z.object({
        schema: z.looseObject({ properties: z.record(z.string(), fieldSchema) }),
      }),
    }),
  }),
  responses: z.object({
    201: z.looseObject({
      content: z.object({
        'application/json': z.object({
          schema: z.object({ $ref: z.string() }),
          examples: z.object({ create: z.object({ value: z.record(z.string(), z.unknown()) }) }),
        }),
      }),
    }),
  }),
})

/** Twilio's published OpenAPI description: the paths, and what they refer to. */
const description = z
  .looseObject({ paths: z.record(z.string(), z.looseObject({ post: operation })) })
  .parse(JSON.parse(readFileSync(path.join(import.meta.dirname, 'twilio_api_v2010.messages-calls.json'), 'utf8')))

type Operation = z.infer<typeof operation>

const formOf = (each: Operation) => each.requestBody.content['application/x-www-form-urlencoded'].schema

// A field that is not described is an error of ours. The description itself does not say so.
for (const { post } of Object.values(description.paths)) formOf(post)['additionalProperties'] = false

const ajv = new Ajv({ strict: false, allErrors: true })
ajv.addFormat('phone-number', /^\+[1-9]\d{1,14}$/)
ajv.addFormat('endpoint', /^\+[1-9]\d{1,14}$/)
ajv.addFormat('twiml', (value) => value.length <= 4000 && /^<\?xml [^>]*\?><Response>.*<\/Response>$/s.test(value))
for (const format of ['uri', 'http-method', 'date-time', 'date-time-rfc-2822', 'currency', 'uri-map'])
  ajv.addFormat(format, true)
ajv.addSchema(description, 'twilio')

function validator(pointer: string): ValidateFunction {
  const found = ajv.getSchema(`twilio#${pointer}`)
  if (!found) throw new Error(`Twilio's description has no ${pointer}.`)
  return found
}

function mistakesOf(validate: ValidateFunction, value: unknown, what: string): string[] {
  if (validate(value)) return []
  return (validate.errors ?? []).map(({ instancePath, message, params }) =>
    [what, instancePath, message, JSON.stringify(params)].join(' '),
  )
}

interface Checked {
  /** `Messages` or `Calls`. */
  resource: string
  mistakes: string[]
}

/** Checks a request against the description: method, form, types, unknown fields, credentials. */
export function checkRequest(
  req: IncomingMessage,
  fields: URLSearchParams,
  account: { accountSid: string; authToken: string },
): Checked {
  const [template, found] = findOperation(req.url ?? '')
  if (!template || !found) return { resource: '', mistakes: [`unknown address ${req.url}`] }
  const pointer = `/paths/${template.replaceAll('/', '~1')}/post`
  const form = `${pointer}/requestBody/content/application~1x-www-form-urlencoded/schema`
  const sid = /\/Accounts\/([^/]*)\//.exec(req.url ?? '')?.[1]
  return {
    resource: /\/(\w+)\.json$/.exec(template)?.[1] ?? '',
    mistakes: [
      ...(req.method === 'POST' ? [] : [`method ${req.method}`]),
      ...(req.headers['content-type'] === 'application/x-www-form-urlencoded' ? [] : ['content type']),
      ...mistakesOf(validator(`${pointer}/parameters/0/schema`), sid, 'AccountSid'),
      ...(sid === account.accountSid ? [] : ['another account']),
      ...(req.headers.authorization === basic(account) ? [] : ['credentials']),
      ...mistakesOf(validator(encodeURI(form).replaceAll('%25', '%')), typed(found, fields), 'form'),
      ...unsaid(fields),
    ],
  }
}

function findOperation(url: string): [string, Operation] | [] {
  for (const [template, { post }] of Object.entries(description.paths))
    if (new RegExp(`^${template.replaceAll('.', '\\.').replace(/\{\w+\}/g, '[^/?]+')}$`).test(url))
      return [template, post]
  return []
}

/** A form has only texts. Those that are described as another type are converted to it. */
function typed(found: Operation, fields: URLSearchParams): Record<string, unknown> {
  const { properties } = formOf(found)
  return Object.fromEntries(
    [...new Set(fields.keys())].map((name) => {
      const [value = '', ...more] = fields.getAll(name)
      const { type } = properties[name] ?? {}
      if (type === 'array') return [name, [value, ...more]]
      if (more.length > 0) return [name, [value, ...more]]
      if (type === 'integer' || type === 'number') return [name, /^-?\d+(\.\d+)?$/.test(value) ? Number(value) : value]
      return [name, type === 'boolean' && /^(true|false)$/.test(value) ? value === 'true' : value]
    }),
  )
}

/** What the description says only in prose: a sender and a content. */
function unsaid(fields: URLSearchParams): string[] {
  const sender = fields.has('From') || fields.has('MessagingServiceSid')
  const content = ['Body', 'MediaUrl', 'ContentSid', 'Url', 'Twiml', 'ApplicationSid'].some((name) => fields.has(name))
  return [...(sender ? [] : ['no sender']), ...(content ? [] : ['no content'])]
}

function basic({ accountSid, authToken }: { accountSid: string; authToken: string }): string {
  return `Basic ${Buffer.from(`${accountSid}:${authToken}`).toString('base64')}`
}

function answerOf(resource: string) {
  const found = Object.entries(description.paths).find(([template]) => template.endsWith(`/${resource}.json`))
  if (!found) throw new Error(`Twilio's description has no ${resource}.`)
  return found[1].post.responses[201].content['application/json']
}

/** The description's own example, for this request. */
export function exampleAnswer(resource: string, { to, accountSid }: { to: string; accountSid: string }) {
  return { ...answerOf(resource).examples.create.value, to, account_sid: accountSid }
}

/** What is wrong with an answer, so that the fake server cannot drift from the description either. */
export function checkAnswer(resource: string, body: unknown): string[] {
  return mistakesOf(validator(answerOf(resource).schema.$ref.slice(1)), body, 'answer')
}
