/**
 * `otp-admin-site/testing`: the checks that every kind of device has to pass, for any test runner.
 *
 * @packageDocumentation
 */
export { kindContract, type KindCheck } from '../otp/contract/kind-contract.js'
export type { AnsweredChallenge, ContractOtp, KindFixture } from '../otp/contract/stage.js'
