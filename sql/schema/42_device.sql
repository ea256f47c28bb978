-- Which devices has an account been seen on, and who else uses them? A phone with many accounts is a farm.
CREATE TABLE rewards.account_devices (
    user_id       uuid        NOT NULL,
    company_id    uuid        NOT NULL DEFAULT rewards.get_current_company_id(),
    device_id     text        COLLATE "C" NOT NULL,
    first_seen_at timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (user_id, company_id, device_id),
    CHECK (octet_length(device_id) BETWEEN 1 AND 255)
);
COMMENT ON TABLE rewards.account_devices IS 'Devices from which events of an account were submitted';
COMMENT ON COLUMN rewards.account_devices.user_id IS 'Member who used the device';
COMMENT ON COLUMN rewards.account_devices.company_id IS 'Company in which it was used';
COMMENT ON COLUMN rewards.account_devices.device_id IS 'As the app names the device, 1 to 255 bytes; it means something within its company only';
COMMENT ON COLUMN rewards.account_devices.first_seen_at IS 'When the first event came from it';

-- How many accounts share a device.
CREATE INDEX account_devices_device ON rewards.account_devices (company_id, device_id);

ALTER TABLE rewards.account_devices ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY;
CREATE POLICY tenant ON rewards.account_devices
    USING (company_id = rewards.get_current_company_id());
CREATE POLICY member ON rewards.account_devices AS RESTRICTIVE
    USING (user_id BETWEEN rewards.get_first_user_id() AND rewards.get_last_user_id());
