/** The part of AdminJS's bundler that the panel uses. The package exports it without types. */
declare module 'adminjs/bundler' {
  export class AssetBundler {
    constructor(input: object, output: object)
    createEntry(entry: { dir: string; content: string }): Promise<void>
    build(): Promise<void>
  }
  export const componentsBundler: { inputOptions: object; outputOptions: object }
  export function generateUserComponentEntry(admin: object, folder: string): string
}
