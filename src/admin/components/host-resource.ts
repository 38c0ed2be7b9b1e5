/** A resource of the application that the panel is mounted in, which renders its own forms; undefined: it is one of ours. */
export const hostResource = (resourceId: string) =>
  window.REDUX_STATE.resources.find((resource) => resource.id === resourceId && resource.ofHost)
