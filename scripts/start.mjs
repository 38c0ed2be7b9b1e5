// `npm start`: builds what is missing or older than its source, then serves.
process.argv.splice(2, 0, 'serve')
await import('../bin/otp-admin.mjs')
