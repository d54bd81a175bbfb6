/** Who of a lock's holders has the chapter open. */

import type { Awareness } from 'y-protocols/awareness'
import type { Person } from '../editor/carets'
import type { Who } from './rulings'

export interface Here {
  participants: ReadonlySet<string>
  delegations: ReadonlySet<string>
}

export function whoIsHere(awareness: Awareness): Here {
  const people = [...awareness.getStates().values()].map((state) => (state as { user?: Partial<Person> }).user ?? {})
  return {
    participants: new Set(people.map(({ id }) => id ?? '')),
    delegations: new Set(people.map(({ delegation }) => delegation ?? '')),
  }
}

export function isHere({ participants, delegations }: Here, { participant, delegation }: Who): boolean {
  return participant === '' ? delegations.has(delegation) : participants.has(participant)
}
