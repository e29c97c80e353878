// For tests alone, of this library and of those that use it.
export { Study, found } from './study.fixture';
export { ReferenceStudy } from './pencil-study.fixture';
