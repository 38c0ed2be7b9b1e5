import path from 'node:path'
import { ComponentLoader } from 'adminjs'

const componentLoader = new ComponentLoader()
const Stock = componentLoader.add('Stock', path.join(import.meta.dirname, 'components/Stock.jsx'))

/**
 * The shop's panel, as AdminJS takes it.
 *
 * @param personOf finds the shop's own person, with his id and role, in the current admin
 */
export function adminOptions({ Product, Order }, personOf = (currentAdmin) => currentAdmin) {
  const isClerk = ({ currentAdmin }) => personOf(currentAdmin)?.role === 'clerk'
  const navigation = { name: 'Shop', icon: 'ShoppingCart' }
  return {
    componentLoader,
    branding: { companyName: 'The Shop', withMadeWithLove: false },
    resources: [
      {
        resource: Product,
        options: { navigation, properties: { stock: { components: { list: Stock, show: Stock } } } },
      },
      { resource: Order, options: { navigation, actions: { ship: { ...shipAction, isAccessible: isClerk } } } },
    ],
  }
}

/** An action without a page of its own: it does its work when it is clicked. */
const shipAction = {
  actionType: 'record',
  component: false,
  icon: 'Truck',
  isVisible: ({ record }) => !record?.params.shipped,
  async handler(_request, _response, { record, currentAdmin }) {
    await record.update({ shipped: true })
    return { record: record.toJSON(currentAdmin), notice: { message: 'The order is on its way.', type: 'success' } }
  },
}
