export { readDeploymentImages } from './deployment-images';
export type { EventFilter, EventKind } from './event-filter';
export { findEventImages, type EventImages } from './event-images';
export { findListedEvent, listEvents, type EventOrder, type EventPosition, type ListedEvent } from './event-list';
export { EventRepository } from './event.repository';
