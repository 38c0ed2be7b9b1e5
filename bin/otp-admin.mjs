#!/usr/bin/env node
import { existsSync } from 'node:fs'

// In a checkout what is missing or stale is built first; an installed package brings no sources and is built already.
if (existsSync(new URL('../src/', import.meta.url))) {
  const { build } = await import('../scripts/build.mjs')
  await build()
}
await import('../dist/app/otp-admin.js')
