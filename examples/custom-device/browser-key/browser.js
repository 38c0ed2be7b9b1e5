// The site loads this module into its pages. The private key stays in this browser's database, and
// no script can export it.

/** Creates a key. @returns {Promise<Record<string, string>>} the fields of the setup form */
export async function create() {
  const algorithm = { name: 'ECDSA', namedCurve: 'P-256' }
  const { privateKey, publicKey } = await crypto.subtle.generateKey(algorithm, false, ['sign', 'verify'])
  const text = encodeBase64url(await crypto.subtle.exportKey('spki', publicKey))
  await inStore('readwrite', (keys) => keys.put(privateKey, text))
  return { public_key: text }
}

/**
 * Signs the challenge with the key of one of the devices.
 *
 * @param {{ challenge: string, devices: { id: string, public_key: string }[] }} request
 * @returns {Promise<{ device: string, answer: string } | null>} null if this browser has none of the keys
 */
export async function answer({ challenge, devices }) {
  for (const { id, public_key: publicKey } of devices) {
    const key = await inStore('readonly', (keys) => keys.get(publicKey))
    if (!key) continue
    // The origin is signed too, so that an answer for another site is useless here.
    const signed = new TextEncoder().encode(`${location.origin} ${challenge}`)
    const signature = await crypto.subtle.sign({ name: 'ECDSA', hash: 'SHA-256' }, key, signed)
    return { device: id, answer: encodeBase64url(signature) }
  }
  return null
}

/**
 * @param {IDBTransactionMode} mode
 * @param {(keys: IDBObjectStore) => IDBRequest} run
 * @returns {Promise<any>} what the request returns
 */
async function inStore(mode, run) {
  const opening = indexedDB.open('browser-keys', 1)
  opening.addEventListener('upgradeneeded', () => opening.result.createObjectStore('keys'))
  const database = await finished(opening)
  try {
    return await finished(run(database.transaction('keys', mode).objectStore('keys')))
  } finally {
    database.close()
  }
}

/**
 * @param {IDBRequest} request
 * @returns {Promise<any>}
 */
function finished(request) {
  return new Promise((resolve, reject) => {
    request.addEventListener('success', () => resolve(request.result))
    request.addEventListener('error', () => reject(request.error))
  })
}

/** @param {ArrayBuffer} bytes */
function encodeBase64url(bytes) {
  const text = btoa(String.fromCharCode(...new Uint8Array(bytes)))
  return text.replaceAll('+', '-').replaceAll('/', '_').replaceAll('=', '')
}
