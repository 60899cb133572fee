/// \file
/// What there is on the bus.

#include <message.h>

#include "service.h"

error_t service_device(task_t client __unused, struct usb_device_fields *request,
                       struct usb_device_reply_fields *reply) {
    unsigned index = request->index;
    LIST_FOR_EACH (device, &usb_devices, struct usb_device, next) {
        if (device->config == NULL || index-- > 0) {
            continue;
        }
        const struct usb_device_info *info = &device->info;
        *reply = (struct usb_device_reply_fields){
            .device = device->id,
            .parent = (device->port->hub != NULL) ? device->port->hub->id : 0,
            .speed = device->speed,
            .vendor_id = info->vendor_id,
            .product_id = info->product_id,
            .release = info->release,
            .max_power_ma = device->config->max_power_ma,
            .class = info->class,
            .subclass = info->subclass,
            .protocol = info->protocol,
            .port = device->port->number,
            .address = device->address,
            .configuration = device->config->value,
            .ports = hub_num_ports(device),
        };
        return OK;
    }
    return ERR_END;
}

error_t service_interface(task_t client __unused, struct usb_interface_fields *request,
                          struct usb_interface_reply_fields *reply) {
    struct usb_device *device = device_find(request->device);
    if (device == NULL || device->config == NULL) {
        return ERR_NOT_FOUND;
    }
    unsigned index = request->index;
    for (int i = 0; i < device->config->num_interfaces; i++) {
        const struct usb_interface_info *interface = &device->config->interfaces[i];
        if (device->alternates[interface->number] != interface->alternate || index-- > 0) {
            continue;
        }
        const struct claim *claim = claim_of(device, interface->number);
        *reply = (struct usb_interface_reply_fields){
            .driver = (claim != NULL) ? claim->client->task : 0,
            .interface = interface->number,
            .class = interface->class,
            .subclass = interface->subclass,
            .protocol = interface->protocol,
            .endpoints = interface->num_endpoints,
        };
        return OK;
    }
    return ERR_END;
}

error_t service_configuration(task_t client, struct usb_configuration_fields *request,
                              struct usb_configuration_reply_fields *reply) {
    struct claim *claim = claim_get(client, request->handle);
    if (claim == NULL) {
        return ERR_NOT_FOUND;
    }
    reply->data = claim->device->config->raw;
    reply->data_len = claim->device->config->raw_len;
    return OK;
}

error_t service_endpoint(task_t client, struct usb_endpoint_fields *request,
                         struct usb_endpoint_reply_fields *reply) {
    struct claim *claim = claim_get(client, request->handle);
    if (claim == NULL) {
        return ERR_NOT_FOUND;
    }
    const struct usb_interface_info *interface = device_interface(claim->device, claim->interface);
    if (request->index >= interface->num_endpoints) {
        return ERR_END;
    }
    const struct usb_endpoint_info *info =
        &claim->device->config->endpoints[interface->first_endpoint + request->index];
    struct usb_endpoint endpoint;
    device_endpoint(claim->device, info, &endpoint);
    *reply = (struct usb_endpoint_reply_fields){
        .type = (enum usb_transfer_type) info->type,
        .address = info->address,
        .max_packet = info->max_packet,
        .period_ms = (info->type == USB_TRANSFER_TYPE_INTERRUPT) ? (uint32_t) endpoint.period : 0,
    };
    return OK;
}
