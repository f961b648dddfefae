"""The face of MQTT: records come in by topics of a plant and line, receipts go out, PUBACK follows commit."""
