/* Elements: made from a seed, stored in their type, compared. */
#ifndef CONFORM_DATA_H
#define CONFORM_DATA_H

#include "case.h"

/* FNV-1a. */
uint64_t conform_hash(uint64_t seed, const char *text);
/* count elements; the same for equal arguments. */
void conform_fill_elements(sabir_type type, int64_t count, const conform_fill *fill, uint64_t seed, void *data);
/* Element i rounded from a number; floats only. */
void conform_store_real(sabir_type type, double value, void *data, int64_t i);
/* Element i as a number; exact for all types but i64 above 2^53. */
double conform_element(sabir_type type, const void *data, int64_t i);

/* How far got may be from want: tolerance is the table's, for f32, against max(1, |want|). f64 gets 2^-20 of it
 * (1e-6 becomes 1e-12); 16-bit results may further be one unit of their last place off (2^-10 and 2^-7 relative), since they are
 * rounded from a number that may be off. 0: the same bits, but any NaN equals any other. */
bool conform_close(sabir_type type, double tolerance, const void *got, const void *want, int64_t i);
/* Compares all; at the first difference writes a message and returns false. */
bool conform_compare(sabir_type type, const sabir_shape *shape, double tolerance, const void *got, const void *want, char *message, size_t room);

#endif
