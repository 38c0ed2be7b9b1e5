/**
 * The only file on the server that imports AdminJS. The build and the tests replace its imports
 * with a small bundle (scripts/slim-adminjs.mjs), because the packages also load Babel, Rollup
 * and a React library, which takes over two seconds.
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
