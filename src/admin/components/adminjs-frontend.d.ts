declare module 'adminjs/frontend' {
  const frontend: {
    Application: import('react').ReactElement
    UserComponents: Record<string, import('react').ComponentType<never>>
  }
  export default frontend
}
