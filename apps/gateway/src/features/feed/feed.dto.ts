import { FEED_TOPICS, type FeedTopic } from '@pugmark/db';
import { About, MayBeAbsent, QueryId, QueryInteger, TextLike, Words } from '../../http/dto/fields';

const TOPICS = FEED_TOPICS.join('|');

export class FeedQuery {
  @About('Only the runs and exports of this project; incidents belong to none and come all the same.')
  @MayBeAbsent()
  @QueryId()
  readonly projectId?: number;

  @About(`Of ${FEED_TOPICS.join(', ')}, separated by commas. Default: all.`)
  @MayBeAbsent()
  @TextLike(new RegExp(`^(${TOPICS})(,(${TOPICS}))*$`), 100, `some of ${FEED_TOPICS.join(', ')}, separated by commas`)
  readonly topics?: string;

  @About('The same as the header Last-Event-ID, for clients that cannot set it; the header wins.')
  @MayBeAbsent()
  @QueryInteger(0, Number.MAX_SAFE_INTEGER)
  readonly lastEventId?: number;
}

/** The client must read anew: what it missed is no longer kept. */
export class ResetEvent {
  @Words()
  readonly reason!: string;
}

export function topicsOf({ topics }: FeedQuery): readonly FeedTopic[] {
  return topics === undefined ? FEED_TOPICS : FEED_TOPICS.filter((topic) => topics.split(',').includes(topic));
}
