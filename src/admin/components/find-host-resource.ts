/** Returns a resource of the host, which renders its own forms; undefined if the resource is the site's. */
export const findHostResource = (resourceId: string) =>
  window.REDUX_STATE.resources.find((resource) => resource.id === resourceId && resource.ofHost)
