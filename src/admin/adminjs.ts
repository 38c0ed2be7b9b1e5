/**
 * The only door to AdminJS on the server. The build and the tests replace this file's
 * imports by one small bundle (scripts/lean-adminjs.mjs): the packages themselves bring
 * Babel, Rollup and a React library along and take over two seconds to import.
 */
export {
  default as AdminJS,
  AppError,
  BaseRecord,
  BaseResource,
  type BasePropertyJSON,
  Filter,
  ForbiddenError,
  initializeStore,
  locales,
  NotFoundError,
  type ActionContext,
  type ActionDecorator,
  type ActionHandler,
  type ActionRequest,
  type ActionResponse,
  type AdminJSOptions,
  type BrandingOptions,
  type CurrentAdmin,
  type RecordActionResponse,
  type ResourceJSON,
  type ResourceOptions,
  ValidationError,
} from 'adminjs'
export { buildRouter } from '@adminjs/express'
export { Resource } from '@adminjs/sequelize'
