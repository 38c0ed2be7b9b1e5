import type { Model, ModelStatic } from 'sequelize'
import type { PanelServices } from '../panel-services.js'

interface Owned extends Model {
  id: number
  user_id: number
}

/** Updates the owners of rows from the host application. Runs before the transaction that checks their rights. */
export async function refreshOwners(
  { hostUsers }: PanelServices,
  model: ModelStatic<Owned>,
  ids: readonly number[],
): Promise<void> {
  if (!hostUsers) return
  const rows = await model.findAll({ attributes: ['user_id'], where: { id: [...ids] } })
  await hostUsers.refreshRows([...new Set(rows.map(({ user_id }) => user_id))])
}
