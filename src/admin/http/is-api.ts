/** @param path below `/admin`; `/Api` is part of the API as well, because Express ignores case */
export function isApi(path: string): boolean {
  return /^\/api(\/|$)/i.test(path)
}
