#ifndef __SENSOR_H__
#define __SENSOR_H__

#include <types.h>

/// A measurement takes 36 us; this is for an emulator that hasn't the sensor, and for broken ones.
#define SENSOR_TIMEOUT_MS 10

/// ERR_NOT_PERMITTED: the manifest doesn't give us the device.
error_t sensor_init(void);
/// Starts a measurement: an interrupt tells its end.
void sensor_start(void);
/// Ends it. ERR_UNAVAILABLE: there is no result.
error_t sensor_finish(int32_t *millidegrees);
/// Whether there is a result to finish with.
bool sensor_is_ready(void);

#endif
