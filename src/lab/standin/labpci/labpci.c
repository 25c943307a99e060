// SPDX-License-Identifier: GPL-2.0
/*
 * A PCI root bus in memory (domain 10000) whose one function has the ids of an
 * Intel X710, 8086:1572. QEMU has no such device and cannot give an emulated
 * one other ids. So the guest gets a real pci_dev, a modalias by which udev
 * loads i40e, and a bus-info. It stays away unless the SMBIOS serial of the
 * machine, which QEMU sets, begins with "x710".
 */
#include <linux/dmi.h>
#include <linux/module.h>
#include <linux/pci.h>

static u8 config[256];
static struct pci_bus *root;
static struct pci_sysdata sysdata = { .domain = 0x10000, .node = NUMA_NO_NODE };
static struct resource busn = { .name = "labpci busn", .flags = IORESOURCE_BUS };

static bool is_there(struct pci_bus *bus, unsigned int devfn, int where, int size)
{
	return !bus->number && !devfn && where + size <= sizeof(config);
}

static int read_config(struct pci_bus *bus, unsigned int devfn, int where, int size, u32 *value)
{
	*value = ~0U;
	if (!is_there(bus, devfn, where, size))
		return PCIBIOS_DEVICE_NOT_FOUND;
	*value = 0;
	memcpy(value, config + where, size);
	return PCIBIOS_SUCCESSFUL;
}

/* There are no BARs: what is written to them is lost, so they read as zero. */
static int write_config(struct pci_bus *bus, unsigned int devfn, int where, int size, u32 value)
{
	if (!is_there(bus, devfn, where, size))
		return PCIBIOS_DEVICE_NOT_FOUND;
	if (where == PCI_COMMAND || where == PCI_INTERRUPT_LINE || where == PCI_CACHE_LINE_SIZE)
		memcpy(config + where, &value, size);
	return PCIBIOS_SUCCESSFUL;
}

static struct pci_ops ops = { .read = read_config, .write = write_config };

static void fill_config(void)
{
	*(__le16 *)(config + PCI_VENDOR_ID) = cpu_to_le16(0x8086);
	*(__le16 *)(config + PCI_DEVICE_ID) = cpu_to_le16(0x1572);
	config[PCI_REVISION_ID] = 1;
	*(__le16 *)(config + PCI_CLASS_DEVICE) = cpu_to_le16(PCI_CLASS_NETWORK_ETHERNET);
	*(__le16 *)(config + PCI_SUBSYSTEM_VENDOR_ID) = cpu_to_le16(0x8086);
	*(__le16 *)(config + PCI_SUBSYSTEM_ID) = cpu_to_le16(0x0007);
}

static int __init start(void)
{
	const char *serial = dmi_get_system_info(DMI_PRODUCT_SERIAL);
	LIST_HEAD(resources);

	if (!serial || strncmp(serial, "x710", 4))
		return -ENODEV;
	fill_config();
	pci_add_resource(&resources, &busn);
	pci_lock_rescan_remove();
	root = pci_scan_root_bus(NULL, 0, &ops, &sysdata, &resources);
	if (root)
		pci_bus_add_devices(root);
	pci_unlock_rescan_remove();
	return root ? 0 : -ENODEV;
}

static void __exit end(void)
{
	pci_lock_rescan_remove();
	pci_stop_root_bus(root);
	pci_remove_root_bus(root);
	pci_unlock_rescan_remove();
}

module_init(start);
module_exit(end);
MODULE_DESCRIPTION("A PCI root in memory with one Intel X710 function, for the i40e stand-in");
MODULE_LICENSE("GPL");
