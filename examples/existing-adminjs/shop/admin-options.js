import path from 'node:path'
import { ComponentLoader } from 'adminjs'

const componentLoader = new ComponentLoader()
const Stock = componentLoader.add('Stock', path.join(import.meta.dirname, 'components/Stock.jsx'))

/**
 * Returns the options of the shop's panel for AdminJS.
 *
 * @param personOf returns the shop's own user, with ID and role, from the current admin
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

/** An action without a page. It runs when it is clicked. */
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
