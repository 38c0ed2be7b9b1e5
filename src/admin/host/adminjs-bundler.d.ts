/** The part of AdminJS's bundler that we use; the package says where it is and not what is in it. */
declare module 'adminjs/bundler' {
  export class AssetBundler {
    constructor(input: object, output: object)
    createEntry(entry: { dir: string; content: string }): Promise<void>
    build(): Promise<void>
  }
  export const componentsBundler: { inputOptions: object; outputOptions: object }
  export function generateUserComponentEntry(admin: object, folder: string): string
}
