// SPDX-License-Identifier: GPL-2.0
/*
 * Stand-in for Intel's i40e in the lab: its module name, its PCI ids, its
 * answers to ethtool; none of its code. It drives the PCI function that
 * labpci.ko invents and moves its frames through a spare NIC of the virtual
 * machine, "the wire", which it knows by its MAC address. So the port carries
 * real traffic and its carrier follows QEMU's set_link.
 *
 * `misbehave`, baked in by version.h or given as a module option, chooses one
 * way to fail:
 *   init         the module refuses to load
 *   probe        loads, but no port appears
 *   hang         loading never ends        hangexit   unloading never ends
 *   oops, panic  while probing             busy       cannot be unloaded
 *   nocarrier    never has a link          latecarrier  has one after 20 s
 *   blackhole    a link, but no frame comes through
 *   txhang       stops sending after 8 s: NETDEV WATCHDOG
 *   slowrx       fetches from its receive ring only four times a second, so that
 *                a burst of more frames than the ring has room for overflows it
 *   newmac       the port has another MAC address, hence another name
 */
#include <linux/delay.h>
#include <linux/etherdevice.h>
#include <linux/ethtool.h>
#include <linux/module.h>
#include <linux/pci.h>
#include <linux/rtnetlink.h>
#include <linux/version.h>
#include <linux/workqueue.h>
#include <net/net_namespace.h>

/* LAB_VERSION and LAB_MISBEHAVE; a source file, so that srcversion follows. */
#include "version.h"

#define SUMMARY "Intel(R) 40-10 Gigabit Ethernet Connection Network Driver"
#define FIRMWARE "6.01 0x800034a4 1.1747.0"

static char *misbehave = LAB_MISBEHAVE;
module_param(misbehave, charp, 0444);
MODULE_PARM_DESC(misbehave, "the way to fail; empty: none");

static const u8 wire_mac[ETH_ALEN] = { 0x52, 0x54, 0x00, 0x00, 0x00, 0xe3 };

struct port {
	struct net_device *dev;
	struct net_device *wire;
	struct delayed_work watch;
	struct delayed_work fetch;
	struct sk_buff_head ring;	/* frames that arrived and were not fetched yet */
	struct ethtool_pauseparam pause;
	unsigned long link_from;	/* jiffies before which there is no link */
	unsigned long opened;
	unsigned int rx_ring, tx_ring;
	unsigned int timeouts;
};

static bool told_to(const char *way)
{
	return !strcmp(misbehave, way);
}

static const char *flow_control(const struct port *p)
{
	if (p->pause.rx_pause && p->pause.tx_pause)
		return "RX/TX";
	if (p->pause.rx_pause)
		return "RX";
	return p->pause.tx_pause ? "TX" : "None";
}

static void watch_link(struct work_struct *work)
{
	struct port *p = container_of(to_delayed_work(work), struct port, watch);
	bool up = p->wire && netif_carrier_ok(p->wire) && !told_to("nocarrier") &&
		  time_after(jiffies, p->link_from);

	if (up && !netif_carrier_ok(p->dev)) {
		netif_carrier_on(p->dev);
		netdev_info(p->dev, "NIC Link is Up, 10 Gbps Full Duplex, Flow Control: %s\n",
			    flow_control(p));
	} else if (!up && netif_carrier_ok(p->dev)) {
		netif_carrier_off(p->dev);
		netdev_info(p->dev, "NIC Link is Down\n");
	}
	schedule_delayed_work(&p->watch, HZ / 5);
}

static rx_handler_result_t receive(struct sk_buff **pskb)
{
	struct net_device *dev = rcu_dereference((*pskb)->dev->rx_handler_data);
	struct port *p = netdev_priv(dev);
	struct sk_buff *skb = skb_share_check(*pskb, GFP_ATOMIC);

	if (!skb)
		return RX_HANDLER_CONSUMED;
	*pskb = skb;
	if (told_to("blackhole") || !netif_running(dev)) {
		kfree_skb(skb);
		return RX_HANDLER_CONSUMED;
	}
	if (told_to("slowrx") && skb_queue_len(&p->ring) >= p->rx_ring) {
		dev->stats.rx_missed_errors++;
		kfree_skb(skb);
		return RX_HANDLER_CONSUMED;
	}
	dev->stats.rx_packets++;
	dev->stats.rx_bytes += skb->len;
	skb->dev = dev;
	/* The wire is promiscuous: what is for this port looked foreign to it. */
	if (ether_addr_equal(eth_hdr(skb)->h_dest, dev->dev_addr))
		skb->pkt_type = PACKET_HOST;
	if (!told_to("slowrx"))
		return RX_HANDLER_ANOTHER;
	skb_queue_tail(&p->ring, skb);
	return RX_HANDLER_CONSUMED;
}

static void fetch(struct work_struct *work)
{
	struct port *p = container_of(to_delayed_work(work), struct port, fetch);
	struct sk_buff *skb;

	while ((skb = skb_dequeue(&p->ring))) {
		local_bh_disable();
		netif_receive_skb(skb);
		local_bh_enable();
	}
	schedule_delayed_work(&p->fetch, HZ / 4);
}

static netdev_tx_t port_xmit(struct sk_buff *skb, struct net_device *dev)
{
	struct port *p = netdev_priv(dev);

	if (told_to("txhang") && time_after(jiffies, p->opened + 8 * HZ)) {
		netif_stop_queue(dev);
		dev_kfree_skb_any(skb);
		return NETDEV_TX_OK;
	}
	dev->stats.tx_packets++;
	dev->stats.tx_bytes += skb->len;
	if (!p->wire || told_to("blackhole")) {
		dev_kfree_skb_any(skb);
	} else {
		skb->dev = p->wire;
		dev_queue_xmit(skb);
	}
	return NETDEV_TX_OK;
}

static void port_tx_timeout(struct net_device *dev, unsigned int queue)
{
	struct port *p = netdev_priv(dev);

	netdev_info(dev, "tx_timeout: VSI_seid: 390, Q %u, NTC: 0x0, HWB: 0x0, NTU: 0x1, TAIL: 0x1, INT: 0x0\n",
		    queue);
	if (++p->timeouts < 4)
		netdev_info(dev, "tx_timeout recovery level %u, txqueue %u\n", p->timeouts, queue);
	else
		netdev_err(dev, "tx_timeout recovery unsuccessful, device is in non-recoverable state.\n");
}

/* The wire may have been put into a namespace of its own, out of sight. */
static struct net_device *find_wire(void)
{
	struct net_device *dev;
	struct net *net;

	for_each_net(net)
		for_each_netdev(net, dev)
			if (ether_addr_equal(dev->dev_addr, wire_mac))
				return dev;
	return NULL;
}

static int port_open(struct net_device *dev)
{
	struct port *p = netdev_priv(dev);
	struct net_device *wire = find_wire();

	if (wire && !dev_open(wire, NULL) && !netdev_rx_handler_register(wire, receive, dev)) {
		dev_set_promiscuity(wire, 1);
		dev_hold(wire);
		p->wire = wire;
	}
	p->opened = jiffies;
	p->link_from = jiffies + (told_to("latecarrier") ? 20 * HZ : HZ);
	netif_carrier_off(dev);
	netif_start_queue(dev);
	schedule_delayed_work(&p->watch, HZ / 5);
	if (told_to("slowrx"))
		schedule_delayed_work(&p->fetch, HZ / 4);
	return 0;
}

static int port_stop(struct net_device *dev)
{
	struct port *p = netdev_priv(dev);

	cancel_delayed_work_sync(&p->watch);
	netif_stop_queue(dev);
	netif_carrier_off(dev);
	if (p->wire) {
		netdev_rx_handler_unregister(p->wire);
		dev_set_promiscuity(p->wire, -1);
		dev_put(p->wire);
		p->wire = NULL;
	}
	cancel_delayed_work_sync(&p->fetch);
	skb_queue_purge(&p->ring);
	return 0;
}

static const struct net_device_ops port_ops = {
	.ndo_open = port_open,
	.ndo_stop = port_stop,
	.ndo_start_xmit = port_xmit,
	.ndo_tx_timeout = port_tx_timeout,
	.ndo_set_mac_address = eth_mac_addr,
	.ndo_validate_addr = eth_validate_addr,
};

static void get_drvinfo(struct net_device *dev, struct ethtool_drvinfo *info)
{
	strscpy(info->driver, "i40e", sizeof(info->driver));
	strscpy(info->version, LAB_VERSION, sizeof(info->version));
	strscpy(info->fw_version, FIRMWARE, sizeof(info->fw_version));
	strscpy(info->bus_info, pci_name(to_pci_dev(dev->dev.parent)), sizeof(info->bus_info));
}

static int get_link_ksettings(struct net_device *dev, struct ethtool_link_ksettings *settings)
{
	bool up = netif_carrier_ok(dev);

	ethtool_link_ksettings_zero_link_mode(settings, supported);
	ethtool_link_ksettings_add_link_mode(settings, supported, FIBRE);
	ethtool_link_ksettings_add_link_mode(settings, supported, 10000baseSR_Full);
	settings->base.speed = up ? SPEED_10000 : SPEED_UNKNOWN;
	settings->base.duplex = up ? DUPLEX_FULL : DUPLEX_UNKNOWN;
	settings->base.port = PORT_FIBRE;
	return 0;
}

static void get_pauseparam(struct net_device *dev, struct ethtool_pauseparam *pause)
{
	struct port *p = netdev_priv(dev);

	*pause = p->pause;
}

/* As the real driver: autoneg is the link's, not ours to change; a change drops the link for a moment. */
static int set_pauseparam(struct net_device *dev, struct ethtool_pauseparam *pause)
{
	struct port *p = netdev_priv(dev);

	if (pause->autoneg != p->pause.autoneg) {
		netdev_info(dev, "To change autoneg please use: ethtool -s <dev> autoneg <on|off>\n");
		return -EOPNOTSUPP;
	}
	p->pause = *pause;
	p->link_from = jiffies + HZ;
	if (netif_carrier_ok(dev)) {
		netif_carrier_off(dev);
		netdev_info(dev, "NIC Link is Down\n");
	}
	return 0;
}

#if LINUX_VERSION_CODE >= KERNEL_VERSION(5, 17, 0)
#define RING_ARGUMENTS struct net_device *dev, struct ethtool_ringparam *ring, \
	struct kernel_ethtool_ringparam *kernel_ring, struct netlink_ext_ack *extack
#else
#define RING_ARGUMENTS struct net_device *dev, struct ethtool_ringparam *ring
#endif

static void get_ringparam(RING_ARGUMENTS)
{
	struct port *p = netdev_priv(dev);

	ring->rx_max_pending = 4096;
	ring->tx_max_pending = 4096;
	ring->rx_pending = p->rx_ring;
	ring->tx_pending = p->tx_ring;
}

static int set_ringparam(RING_ARGUMENTS)
{
	struct port *p = netdev_priv(dev);

	p->rx_ring = ring->rx_pending;
	p->tx_ring = ring->tx_pending;
	return 0;
}

static const struct ethtool_ops port_ethtool_ops = {
	.get_drvinfo = get_drvinfo,
	.get_link = ethtool_op_get_link,
	.get_link_ksettings = get_link_ksettings,
	.get_pauseparam = get_pauseparam,
	.set_pauseparam = set_pauseparam,
	.get_ringparam = get_ringparam,
	.set_ringparam = set_ringparam,
};

static int make_port(struct pci_dev *pdev)
{
	u8 mac[ETH_ALEN] = { 0x3c, 0xfd, 0xfe, 0, 0, 3 + PCI_FUNC(pdev->devfn) };
	struct net_device *dev = alloc_etherdev(sizeof(struct port));
	struct port *p;
	int err;

	if (!dev)
		return -ENOMEM;
	if (told_to("newmac"))
		mac[3] = 0xee;
	p = netdev_priv(dev);
	p->dev = dev;
	p->rx_ring = 512;
	p->tx_ring = 512;
	INIT_DELAYED_WORK(&p->watch, watch_link);
	INIT_DELAYED_WORK(&p->fetch, fetch);
	skb_queue_head_init(&p->ring);
	SET_NETDEV_DEV(dev, &pdev->dev);
	eth_hw_addr_set(dev, mac);
	dev->netdev_ops = &port_ops;
	dev->ethtool_ops = &port_ethtool_ops;
	dev->watchdog_timeo = 5 * HZ;
	dev->hw_features = NETIF_F_SG | NETIF_F_HW_CSUM | NETIF_F_RXCSUM | NETIF_F_TSO | NETIF_F_TSO6;
	dev->features = dev->hw_features;
	netif_carrier_off(dev);
	err = register_netdev(dev);
	if (err) {
		free_netdev(dev);
		return err;
	}
	pci_set_drvdata(pdev, dev);
	dev_info(&pdev->dev, "fw 6.0.48442 api 1.7 nvm " FIRMWARE "\n");
	return 0;
}

static int port_probe(struct pci_dev *pdev, const struct pci_device_id *id)
{
	int err = pci_enable_device(pdev);

	if (err)
		return err;
	if (told_to("oops"))
		*(int volatile *)NULL = 1;
	if (told_to("panic"))
		panic("i40e stand-in: told to panic");
	if (told_to("probe")) {
		dev_err(&pdev->dev, "The driver for the device stopped because the NVM image is newer than expected.\n");
		err = -EIO;
	} else {
		err = make_port(pdev);
	}
	if (err)
		pci_disable_device(pdev);
	return err;
}

static void port_remove(struct pci_dev *pdev)
{
	struct net_device *dev = pci_get_drvdata(pdev);

	unregister_netdev(dev);
	free_netdev(dev);
	pci_disable_device(pdev);
}

static const struct pci_device_id ids[] = {
	{ PCI_VDEVICE(INTEL, 0x1572) }, { PCI_VDEVICE(INTEL, 0x1581) },
	{ PCI_VDEVICE(INTEL, 0x1583) }, { PCI_VDEVICE(INTEL, 0x1584) },
	{ PCI_VDEVICE(INTEL, 0x1589) }, { PCI_VDEVICE(INTEL, 0x158a) },
	{ PCI_VDEVICE(INTEL, 0x158b) }, { PCI_VDEVICE(INTEL, 0x37d0) },
	{ }
};
MODULE_DEVICE_TABLE(pci, ids);

static struct pci_driver driver = {
	.name = "i40e",
	.id_table = ids,
	.probe = port_probe,
	.remove = port_remove,
};

static int __init start(void)
{
	pr_info("i40e: " SUMMARY " - version %s (lab stand-in)\n", LAB_VERSION);
	while (told_to("hang"))
		msleep(1000);
	if (told_to("init"))
		return -ENODEV;
	if (told_to("busy"))
		__module_get(THIS_MODULE);
	return pci_register_driver(&driver);
}

static void __exit end(void)
{
	while (told_to("hangexit"))
		msleep(1000);
	pci_unregister_driver(&driver);
}

module_init(start);
module_exit(end);
MODULE_DESCRIPTION(SUMMARY " (lab stand-in)");
MODULE_LICENSE("GPL");
MODULE_VERSION(LAB_VERSION);
