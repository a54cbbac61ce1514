"""The ground floor: vocabulary, ids, clock, keys, storage, errors. Imports nothing of ours."""
