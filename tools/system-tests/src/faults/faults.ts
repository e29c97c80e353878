import type { Fault } from './fault';
import { BROKER_FAULTS } from './list/broker-faults';
import { EXPORT_FAULTS } from './list/export-faults';
import { processFaults } from './list/process-faults';
import { STORE_FAULTS } from './list/store-faults';
import { workFaults } from './list/work-faults';

/** Every fault. A new one is added to one of the lists. */
export function allFaults(root: string): readonly Fault[] {
  return [...BROKER_FAULTS, ...processFaults(root), ...STORE_FAULTS, ...workFaults(root), ...EXPORT_FAULTS];
}
