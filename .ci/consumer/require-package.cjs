// A CommonJS application: Node has required ES modules since 20.19.
const { createOtpAdminSite, otpRequired } = require('otp-admin-site')
const { defineKind } = require('otp-admin-site/kinds')
const { kindContract } = require('otp-admin-site/testing')

for (const name of [createOtpAdminSite, otpRequired, defineKind, kindContract])
  if (typeof name !== 'function') throw new Error('The package cannot be required.')
console.log('The package works from CommonJS.')
