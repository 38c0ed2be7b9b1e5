import { type HostModel, modelFrom } from './reach-tables.js'

/**
 * Collects a model and the models whose rows its queries can return. If its default scope
 * includes any model, all its associations are assumed to be included.
 */
export function relatedModels(model: HostModel, seen = new Set<HostModel>()): Set<HostModel> {
  if (seen.has(model)) return seen
  seen.add(model)
  if (includes(model)) for (const target of [...associated(model), ...included(model)]) relatedModels(target, seen)
  return seen
}

const get = (value: unknown, name: string): unknown => Reflect.get(Object(value), name)

/** What the default scope adds to every statement. */
const includeOf = (model: HostModel): unknown => get(get(model, '_scope'), 'include')

const includes = (model: HostModel) => includeOf(model) !== undefined

function associated(model: HostModel): HostModel[] {
  return Object.values(Object(get(model, 'associations'))).flatMap((association) =>
    [get(association, 'target'), get(get(association, 'through'), 'model')].flatMap((each) => modelFrom(each) ?? []),
  )
}

/** Collects the models in the default scope's `include`, at any depth. */
function included(model: HostModel): HostModel[] {
  const named = (value: unknown): HostModel[] => {
    const list: unknown[] = Array.isArray(value) ? value : [value]
    return list.flatMap((each) => {
      const own = modelFrom(each) ?? modelFrom(get(each, 'model')) ?? modelFrom(get(get(each, 'association'), 'target'))
      const deeper = get(each, 'include')
      return [...(own ? [own] : []), ...(deeper === undefined || modelFrom(each) ? [] : named(deeper))]
    })
  }
  return named(includeOf(model))
}
