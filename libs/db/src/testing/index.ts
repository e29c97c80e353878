// For tests only, of this library and of its users.
export { Study, found } from './study.fixture';
export { ReferenceStudy } from './reference-study.fixture';
