export { findChangedRuns } from './changed-runs';
export { FeedRepository, type FeedBounds, type FeedFilter, type FeedRow, type FeedSubject } from './feed.repository';
export { FEED_TOPICS, type FeedTopic } from './feed.tables';
