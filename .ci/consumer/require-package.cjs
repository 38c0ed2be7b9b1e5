// A CommonJS application: Node has required ES modules since 20.19.
const { createOtpAdminSite, otpRequired } = require('otp-admin-site')

if (typeof createOtpAdminSite !== 'function' || typeof otpRequired !== 'function')
  throw new Error('The package cannot be required.')
console.log('The package works from CommonJS.')
