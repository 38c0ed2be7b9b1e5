import React from 'react'
import { ValueGroup } from '@adminjs/design-system'
import { type ActionProps, type BasePropertyProps, type RecordJSON, useTranslation } from 'adminjs'
import { ActionLink } from '../ActionLink.js'

/** The obstacles of src/auth/obstacles.ts, each with the helps that remove it. */
const WAYS = {
  deactivated: [],
  no_password: ['invite'],
  device_asked: ['giveBackupToken', 'resetSecondFactor'],
  none_usable: ['giveBackupToken', 'invite'],
  invitation_needed: ['invite', 'giveBackupToken'],
  nothing_accepted: [],
} as const

export type Obstacle = keyof typeof WAYS

/** Obstacles by help. `enable` contains what keeps the person from signing in now, apart from locks. */
type ObstaclesByHelp = Partial<Record<string, Obstacle[]>>

/** Returns the obstacles that would remain after a help, which src/admin/actions/show-waits.ts adds to a record. */
export function obstaclesIn(record: RecordJSON | undefined, help: string): Obstacle[] {
  const found: ObstaclesByHelp | undefined = record?.params['obstacles']
  return found?.[help] ?? []
}

/** Shows on the page of a person or a device what keeps the person from signing in. */
export function ObstaclesOfUser({ record, property }: BasePropertyProps) {
  const { translateProperty } = useTranslation()
  const obstacles = obstaclesIn(record, 'enable')
  if (obstacles.length === 0) return null
  return (
    <ValueGroup label={translateProperty(property.label, property.resourceId)}>
      <ObstacleTexts obstacles={obstacles} />
    </ValueGroup>
  )
}

interface HelpProps extends Pick<ActionProps, 'action' | 'record'> {
  obstacles: readonly Obstacle[]
}

/** Shows on the page of a help why it is not enough, with links to those that are. */
export function ObstaclesOfHelp({ action, record, obstacles }: HelpProps) {
  if (!record || obstacles.length === 0) return null
  const helpful = new Set<string>(obstacles.flatMap((obstacle) => WAYS[obstacle]))
  const ways = record.recordActions.filter(({ name }) => name !== action.name && helpful.has(name))
  return (
    <div className="obstacles">
      <ObstacleTexts obstacles={obstacles} />
      {ways.length > 0 && (
        <p className="obstacle-ways">
          {ways.map((way) => (
            <ActionLink key={way.name} action={way} recordId={record.id} actionPerformed={() => {}} />
          ))}
        </p>
      )}
    </div>
  )
}

function ObstacleTexts({ obstacles }: { obstacles: readonly Obstacle[] }) {
  const { translateComponent } = useTranslation()
  return (
    <div role="note">
      {obstacles.map((obstacle) => (
        <p key={obstacle}>{translateComponent(`Obstacles.${obstacle}`)}</p>
      ))}
    </div>
  )
}
