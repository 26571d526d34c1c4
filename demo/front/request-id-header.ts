/** The field by which each response names its request. */
export const REQUEST_ID_HEADER = 'X-Request-Id'
