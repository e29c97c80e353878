import { FEED_TOPICS, type FeedTopic } from '@pugmark/db';
import { Description, OptionalNotNull, QueryId, QueryInteger, TextLike, AnyText } from '../../http/dto/fields';

const TOPICS = FEED_TOPICS.join('|');

export class FeedQuery {
  @Description('Only what belongs to this project; incidents belong to no project and are always included.')
  @OptionalNotNull()
  @QueryId()
  readonly projectId?: number;

  @Description(`Of ${FEED_TOPICS.join(', ')}, separated by commas. Default: all.`)
  @OptionalNotNull()
  @TextLike(new RegExp(`^(${TOPICS})(,(${TOPICS}))*$`), 100, `some of ${FEED_TOPICS.join(', ')}, separated by commas`)
  readonly topics?: string;

  @Description('The same as the header Last-Event-ID, for clients that cannot set it; the header takes precedence.')
  @OptionalNotNull()
  @QueryInteger(0, Number.MAX_SAFE_INTEGER)
  readonly lastEventId?: number;
}

/** The client must reload: events that it missed are no longer kept. */
export class ResetEvent {
  @AnyText()
  readonly reason!: string;
}

export function topicsOf({ topics }: FeedQuery): readonly FeedTopic[] {
  return topics === undefined ? FEED_TOPICS : FEED_TOPICS.filter((topic) => topics.split(',').includes(topic));
}
