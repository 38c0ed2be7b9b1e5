/** @param path below `/admin`. Express matches without regard to case, so `/Api` is the API as well. */
export function isApi(path: string): boolean {
  return /^\/api(\/|$)/i.test(path)
}
