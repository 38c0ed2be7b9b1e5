/**
 * `otp-admin-site/testing`: the checks that every kind of device must pass, for any test runner.
 *
 * @packageDocumentation
 */
export { answerChallenge } from './answer-challenge.js'
export { kindContract, type KindCheck } from './kind-contract.js'
export type { AnsweredChallenge, ContractOtp, KindFixture } from './harness.js'
